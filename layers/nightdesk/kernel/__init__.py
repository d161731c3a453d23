"""What every domain speaks: exact money, assets, instants, identities, errors. Standard library only."""
