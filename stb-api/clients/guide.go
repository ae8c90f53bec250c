package clients

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/problem"
)

// The bounds of a guide file, in days beside today.
const (
	usualDays = 7
	mostDays  = 31
)

func (cl *Clients) guidePlain(c echo.Context) error {
	g, err := cl.asked(c)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "application/xml; charset=utf-8")
	h.Set(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if acceptsGzip(c.Request()) {
		h.Set(echo.HeaderContentEncoding, "gzip")
		serve(c, g, g.zipped, "-z")
		return nil
	}
	serve(c, g, g.plain, "")
	return nil
}

// guideZipped serves the same file compressed, under a name that ends in .gz: some players go by that name
// and not by Content-Encoding.
func (cl *Clients) guideZipped(c echo.Context) error {
	g, err := cl.asked(c)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentType, "application/gzip")
	serve(c, g, g.zipped, "-gz")
	return nil
}

func serve(c echo.Context, g *guideFile, body []byte, form string) {
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, "public, max-age=60")
	h.Set("ETag", `"`+g.digest+form+`"`)
	http.ServeContent(c.Response(), c.Request(), "", g.modified, bytes.NewReader(body))
}

func acceptsGzip(r *http.Request) bool {
	for value := range strings.SplitSeq(r.Header.Get(echo.HeaderAcceptEncoding), ",") {
		coding, q, _ := strings.Cut(strings.TrimSpace(value), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// asked is the guide of a request's ?days= and ?prev_days=. Without the latter it reaches as far back as
// the longest archive, because a player can only ask for what its guide lists.
func (cl *Clients) asked(c echo.Context) (*guideFile, error) {
	snapshot := cl.Guide.Snapshot()
	if snapshot.Taken().IsZero() {
		return nil, problem.New(http.StatusServiceUnavailable, "error.guide-loading").WithRetryAfter(time.Second)
	}
	past := usualDays
	for _, channel := range snapshot.Channels() {
		past = max(past, (channel.ArchiveHours+23)/24)
	}
	ahead, err := days(c, "days", usualDays)
	if err != nil {
		return nil, err
	}
	past, err = days(c, "prev_days", min(past, mostDays))
	if err != nil {
		return nil, err
	}
	return cl.guides.get(span{past: past, ahead: ahead}, snapshot, cl.now(), cl.site())
}

// days reads a number of days; numbers out of bounds mean the bound.
func days(c echo.Context, name string, usual int) (int, error) {
	asked := c.QueryParam(name)
	if asked == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(asked)
	if err != nil {
		return 0, problem.New(http.StatusBadRequest, "error.days", clip(asked)).WithField(name).
			WithExpected("error.days.expected", mostDays)
	}
	return min(max(n, 0), mostDays), nil
}
