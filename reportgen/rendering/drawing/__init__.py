"""Pictures, charts and tables, as data and as markup."""
