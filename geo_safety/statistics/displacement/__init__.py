"""Did a scheme work, and did the problem move: differences before and after, with comparison and buffer areas."""
