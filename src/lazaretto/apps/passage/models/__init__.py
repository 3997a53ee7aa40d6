"""What passes the gates, and who is inside."""
