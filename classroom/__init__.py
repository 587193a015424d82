"""What turns the mathematics into a lecture: slides, pictures, questions."""
