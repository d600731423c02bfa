"""Runs the command line as `python -m distilproof`."""

from distilproof.cli.main import main

if __name__ == "__main__":
    main()
