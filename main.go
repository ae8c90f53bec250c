// Command podium distributes lectures to set-top boxes, screens, phones and editors: from a live stream to the television
// set.
package main

import (
	"os"
	_ "time/tzdata" // The station's zone must be known on machines without a zone database.

	"podium.tv/podium/command"
)

func main() {
	os.Exit(command.Run(os.Args[1:], command.Environment{
		Out: os.Stdout, Err: os.Stderr, In: os.Stdin, Vars: os.Environ(),
	}))
}
