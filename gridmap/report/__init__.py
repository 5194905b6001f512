"""Files that people read: DOCX, XLSX, PNG."""
