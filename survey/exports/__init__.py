"""Plain rows in, bytes out: workbook, placard, codebook. No database, no web."""
