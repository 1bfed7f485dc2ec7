"""`python -m hitchpost`: the same as the command `hitchpost`."""

from hitchpost.entry import main

if __name__ == "__main__":
    main()
