"""Who, what and where, since when: facilities, places, people and the four dated tables."""
