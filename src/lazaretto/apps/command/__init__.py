"""The protocol in force in a facility, and its response level."""
