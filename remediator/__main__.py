"""`python -m remediator` is the command `remediator`."""

from remediator.cli import main

if __name__ == "__main__":
    main()
