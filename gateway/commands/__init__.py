"""The commands of `local-voice`, one module each: here the parts are put together."""
