"""Tests of the integration, inside Home Assistant's own test harness; they run in an environment of their own."""
