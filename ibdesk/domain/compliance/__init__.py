"""Rules that decide what a person must know or may do before trading; each rule is dated data and a small function."""
