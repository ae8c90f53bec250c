package station

import (
	"context"
	"fmt"

	"podium.tv/podium/origin/input"
)

// unbuilt is an input of a kind that Podium does not have yet.
type unbuilt struct{ address string }

// Run implements input.Input.
func (u unbuilt) Run(context.Context, input.Receiver) error {
	return fmt.Errorf("inputs such as %s are not built in yet: choose another way in", u.address)
}

// String implements input.Input.
func (u unbuilt) String() string { return u.address }
