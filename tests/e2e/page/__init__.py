"""The page in a real browser, with the test in Home Assistant's place."""
