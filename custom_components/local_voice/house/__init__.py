"""Home Assistant's house for the gateway: what there is, what it asks to be done, sentences of the home's own."""
