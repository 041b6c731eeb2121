"""Network weights on disk: their cards and where they are found."""
