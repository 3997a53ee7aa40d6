"""The commands, by subject. They parse and print; the apps do the work."""
