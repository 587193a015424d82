"""What the explorer is made of: its inputs, its operators, and the views of one calculation."""
