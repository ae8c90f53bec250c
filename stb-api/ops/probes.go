package ops

import (
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"podium.tv/podium/stb-api/problem"
)

// The paths of the probes.
const (
	healthPath  = "/healthz"
	readyPath   = "/readyz"
	metricsPath = "/metrics"
)

// Probes are the addresses that machines look at: /healthz, /readyz and /metrics.
type Probes struct {
	Readiness *Readiness
	// Gatherer is what /metrics shows. Without one there is no /metrics.
	Gatherer prometheus.Gatherer
	// Allow are those who may read /metrics, and the errors in /readyz. It defaults to this machine.
	Allow []netip.Prefix
	// Proxies tell the client's address.
	Proxies Proxies
	// Log gets what goes wrong in gathering. It defaults to nowhere.
	Log *slog.Logger
}

// Register adds the routes.
func (p *Probes) Register(e *echo.Echo) {
	methods := []string{http.MethodGet, http.MethodHead}
	e.Match(methods, healthPath, p.health)
	e.Match(methods, readyPath, p.ready)
	if p.Gatherer != nil {
		e.GET(metricsPath, echo.WrapHandler(p.MetricsHandler()), p.allowed)
	}
}

// MetricsHandler is /metrics alone, for a listener of its own; it lets everybody in who reaches it.
func (p *Probes) MetricsHandler() http.Handler {
	return promhttp.HandlerFor(p.Gatherer, promhttp.HandlerOpts{
		ErrorLog: gatherLog{p.Log}, ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: 4, Timeout: 10 * time.Second, EnableOpenMetrics: true,
	})
}

// health says that the process is alive: it looks at nothing else, because to restart this server does not
// mend another.
func (p *Probes) health(c echo.Context) error {
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return c.JSON(http.StatusOK, map[string]bool{"alive": true})
}

// ready says whether viewers should be sent here. Strangers are not told the errors, which name machines.
func (p *Probes) ready(c echo.Context) error {
	report := Report{Ready: true, Checks: []Result{}}
	if p.Readiness != nil {
		report = p.Readiness.Report(c.Request().Context())
	}
	if !p.Proxies.within(c.Request(), p.allow()) {
		report.Checks = append([]Result{}, report.Checks...)
		for i := range report.Checks {
			if report.Checks[i].Error != "" {
				report.Checks[i].Error = "failed"
			}
		}
	}
	status := http.StatusOK
	if !report.Ready {
		status = http.StatusServiceUnavailable
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return c.JSON(status, report)
}

func (p *Probes) allowed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !p.Proxies.within(c.Request(), p.allow()) {
			return problem.New(http.StatusForbidden, "error.metrics")
		}
		return next(c)
	}
}

func (p *Probes) allow() []netip.Prefix {
	if len(p.Allow) == 0 {
		return Loopback()
	}
	return p.Allow
}

// gatherLog is promhttp's way to tell what could not be gathered.
type gatherLog struct{ log *slog.Logger }

// Println implements promhttp.Logger.
func (g gatherLog) Println(args ...any) {
	if g.log != nil {
		g.log.Warn("metrics not gathered", "detail", args)
	}
}
