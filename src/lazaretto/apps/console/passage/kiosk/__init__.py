"""The gate kiosk: a full screen for touch and scanner that goes on working when the network is cut."""
