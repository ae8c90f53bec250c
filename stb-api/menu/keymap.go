package menu

import (
	_ "embed"

	"github.com/labstack/echo/v4"
)

// keymapJSON says which key code means what. "keys" has one action a code; where two families of boxes give
// one code different meanings, "conflicts" says what was chosen and why.
//
//go:embed keymap.json
var keymapJSON []byte

func (m *Menu) keymap(c echo.Context) error {
	send(c, keymapAge, tag(keymapJSON), keymapJSON)
	return nil
}
