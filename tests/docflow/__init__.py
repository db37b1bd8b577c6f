"""docflow, the model application in fixtures/docflow."""
