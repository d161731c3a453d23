"""What any spot venue does, without a word of a particular venue's protocol."""
