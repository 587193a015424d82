"""Questions and results in the formats that teachers own: GIFT, Moodle XML, QTI, CSV, xAPI."""
