"""The vault's own forms: what a person types and reads when its ways in, its key or its backups change."""
