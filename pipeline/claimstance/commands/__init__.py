"""The command line: one file a command, which holds the click command and the function that it calls.

Exit codes: 0 done; 1 a user's error, told in one line; 2 wrong usage; 3 done, but some units are in the errors file;
130 interrupted.
"""
