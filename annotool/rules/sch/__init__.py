"""Rules about parsing, the schema and references: SCH."""
