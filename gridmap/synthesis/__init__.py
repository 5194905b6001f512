"""What a map cannot know, made up on real streets: pure functions with a seeded generator.

Everything made here is synthetic and is marked so in the layer ``provenance``. Places and posts
only: nothing here describes or resembles a person.
"""
