"""What clinicians do with people in isolation: the daily visit, and fever medicine handed out."""
