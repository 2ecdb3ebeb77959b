"""The only place where the Client Portal's spelling exists: bytes in, domain values out, nothing else happens here."""
