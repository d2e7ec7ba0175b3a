"""The stage that keeps models: tracked trainings, sealed artefacts, versions, promotion and its history."""
