package menu

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
)

// instant is how instants are written: RFC 3339 in UTC, to the second.
const instant = "2006-01-02T15:04:05Z"

// timed answers with a JSON object to which the server's time is added. The time is left out of the ETag,
// which would otherwise change every second; that makes it a weak one (RFC 9110 §8.8.1).
func timed(c echo.Context, now time.Time, maxAge int, object any) error {
	rest, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("write %T: %w", object, err)
	}
	var body bytes.Buffer
	body.Grow(len(rest) + 48)
	body.WriteString(`{"serverTime":"` + now.Format(instant) + `"`)
	if len(rest) > 2 {
		body.WriteByte(',')
	}
	body.Write(rest[1:])
	send(c, maxAge, "W/"+tag(rest), body.Bytes())
	return nil
}

// send answers with a JSON body, or with 304 to a client that has it.
func send(c echo.Context, maxAge int, etag string, body []byte) {
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "application/json; charset=utf-8")
	h.Set(echo.HeaderCacheControl, "public, max-age="+strconv.Itoa(maxAge))
	h.Set("ETag", etag)
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(body))
}

func tag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}
