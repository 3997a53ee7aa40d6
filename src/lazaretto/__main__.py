"""`python -m lazaretto` is the same command as `lazaretto`."""

from lazaretto.config.cli import main

if __name__ == "__main__":
    main()
