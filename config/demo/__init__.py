"""The demonstration: `filling` brings a community to life, and the others a part of it each."""
