"""Results as files: workbook, rows of answers, JSON, several waves in one."""
