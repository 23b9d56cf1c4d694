"""How Django's own pages write instants: as the desk does, by the reader's clock."""

DATE_FORMAT = "D j M Y"
TIME_FORMAT = "P"
DATETIME_FORMAT = "D j M Y, P"
