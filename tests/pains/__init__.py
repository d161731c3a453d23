"""What users of other tools suffered from, row by row of the field research: each must not happen here."""
