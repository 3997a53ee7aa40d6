"""Facts and excuses, and the evidence that they make."""
