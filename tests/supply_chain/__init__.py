"""What we are made of: locks, a bill of materials, hidden secrets, dangerous calls, known holes."""
