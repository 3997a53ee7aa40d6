"""The twin: an outbreak simulator that reads the institution and the protocol. Pure: arrays in, arrays out."""
