"""The same exhibit in other tools, each app as its documentation would write it."""
