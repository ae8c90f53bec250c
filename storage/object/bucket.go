package object

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"
	"golang.org/x/sync/singleflight"
)

const (
	defaultPartSize = 16 << 20
	minPartSize     = 5 << 20 // S3: every part but the last
	maxPartSize     = 512 << 20
)

// Bucket keeps objects in a bucket of MinIO, or of any store that speaks S3.
//
// The bucket is made, and its lifecycle rules are set, with the first operation that reaches the store; so a Bucket
// can be started while the store is away. An operation fails with ErrAway where the store cannot be reached, answers
// with a server's fault, refuses the credentials, has lost the bucket, or is silent for Timeout.
type Bucket struct {
	// Endpoint is the store's URL: scheme http or https, host, and port where it is not the scheme's.
	Endpoint string
	// Region is the bucket's. It defaults to the one in an Amazon endpoint, else us-east-1, as MinIO's does.
	Region string
	// Name is the bucket.
	Name string
	// Prefix is put before every object's name, with a slash between. It defaults to none.
	Prefix string
	// AccessKey and SecretKey are the credentials.
	AccessKey, SecretKey string
	// AllowDefaultCredentials lets MinIO's well-known default credentials through, on a loopback endpoint only.
	AllowDefaultCredentials bool
	// VirtualHost puts the bucket into the host name instead of the path. It defaults to the path.
	VirtualHost bool
	// CAFile is a PEM file of certificate authorities to trust beside the system's. It defaults to none.
	CAFile string
	// TLS is used with https. It defaults to TLS 1.2 or later and the system's authorities.
	TLS *tls.Config
	// PartSize is the size of a part of a multipart upload, and the size from which uploads are multipart: 5 MiB to
	// 512 MiB. A stream holds at most two parts in memory. It defaults to 16 MiB.
	PartSize int64
	// Timeout is how long the store may be silent before an operation fails. It defaults to 10 s.
	Timeout time.Duration
	// Tries is how often a request is sent before it fails, with growing, jittered waits of up to 1 s in between. It
	// defaults to 3.
	Tries int
	// MaxReads is how many connections read at once. It defaults to 64. Writes have their own, so that viewers who
	// read slowly never hold up what is on the air.
	MaxReads int
	// MaxWrites is how many connections write at once. It defaults to 16.
	MaxWrites int
	// Expiry lists prefixes whose objects the store itself removes when they grow old. It defaults to none.
	Expiry []Expiry
	// Log defaults to nothing.
	Log *slog.Logger

	//
	// private
	//

	reads, writes *minio.Client
	readPool      *http.Transport
	writePool     *http.Transport
	prepared      atomic.Bool // the bucket is there
	ruled, warned atomic.Bool // its lifecycle rules are set; that they are not was logged
	wrote         atomic.Bool
	preparing     singleflight.Group
}

// Expiry is a lifecycle rule: the store removes objects whose names begin with Prefix when they are Days old.
type Expiry struct {
	Prefix string // of the object's name, without Bucket.Prefix
	Days   int    // 1 or more
}

var _ Store = (*Bucket)(nil)

// Initialize checks the fields and makes the clients. It does not use the network.
func (b *Bucket) Initialize() error {
	endpoint, err := b.check()
	if err != nil {
		return fmt.Errorf("bucket: %w", err)
	}
	tlsConfig, err := b.tlsConfig()
	if err != nil {
		return fmt.Errorf("bucket: %w", err)
	}

	b.readPool = b.transport(b.MaxReads, tlsConfig)
	b.reads, err = b.client(endpoint, b.readPool)
	if err != nil {
		return fmt.Errorf("bucket: %w", err)
	}
	b.writePool = b.transport(b.MaxWrites, tlsConfig)
	b.writes, err = b.client(endpoint, b.writePool)
	if err != nil {
		return fmt.Errorf("bucket: %w", err)
	}
	return nil
}

// Close lets go of idle connections, which else close by themselves after a minute.
func (b *Bucket) Close() error {
	b.readPool.CloseIdleConnections()
	b.writePool.CloseIdleConnections()
	return nil
}

func (b *Bucket) check() (*url.URL, error) {
	endpoint, err := url.Parse(b.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	if (endpoint.Scheme != "http" && endpoint.Scheme != "https") || endpoint.Host == "" ||
		strings.Trim(endpoint.Path, "/") != "" || endpoint.RawQuery != "" || endpoint.User != nil {
		return nil, fmt.Errorf("endpoint is %q, expected http://HOST:PORT or https://HOST:PORT", endpoint.Redacted())
	}
	if err := s3utils.CheckValidBucketNameStrict(b.Name); err != nil {
		return nil, fmt.Errorf("name is %q, expected 3 to 63 of [a-z0-9.-]: %w", b.Name, err)
	}
	if b.Prefix != "" {
		if err := CheckName(b.Prefix); err != nil {
			return nil, fmt.Errorf("prefix: %w", err)
		}
	}
	if err := b.checkCredentials(endpoint); err != nil {
		return nil, err
	}
	for _, e := range b.Expiry {
		if err := CheckPrefix(e.Prefix); err != nil {
			return nil, fmt.Errorf("expiry: %w", err)
		}
		if e.Days < 1 {
			return nil, fmt.Errorf("expiry of %q is %d days, expected 1 or more", e.Prefix, e.Days)
		}
	}

	if b.PartSize == 0 {
		b.PartSize = defaultPartSize
	}
	if b.PartSize < minPartSize || b.PartSize > maxPartSize {
		return nil, fmt.Errorf("part size is %d bytes, expected %d to %d", b.PartSize, minPartSize, maxPartSize)
	}
	if b.Timeout <= 0 {
		b.Timeout = 10 * time.Second
	}
	if b.Tries <= 0 {
		b.Tries = 3
	}
	if b.MaxReads <= 0 {
		b.MaxReads = 64
	}
	if b.MaxWrites <= 0 {
		b.MaxWrites = 16
	}
	if b.Log == nil {
		b.Log = slog.New(slog.DiscardHandler)
	}
	return endpoint, nil
}

// checkCredentials refuses credentials that everybody knows: scanners try them on every open port 9000.
func (b *Bucket) checkCredentials(endpoint *url.URL) error {
	if b.AccessKey == "" || b.SecretKey == "" {
		return errors.New("no access key or no secret key given")
	}
	if b.AccessKey != "minioadmin" && b.SecretKey != "minioadmin" {
		return nil
	}
	if !isLoopback(endpoint.Hostname()) {
		return fmt.Errorf("the credentials are MinIO's defaults, which everybody knows: set others on %s", endpoint.Host)
	}
	if !b.AllowDefaultCredentials {
		return errors.New("the credentials are MinIO's defaults: set others, or allow them for a trial on this machine")
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func (b *Bucket) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if b.TLS != nil {
		config = b.TLS.Clone()
	}
	if b.CAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(b.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read certificate authorities: %w", err)
	}
	roots := config.RootCAs
	if roots == nil {
		if roots, err = x509.SystemCertPool(); err != nil {
			roots = x509.NewCertPool()
		}
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate, expected PEM", b.CAFile)
	}
	config.RootCAs = roots
	return config, nil
}

func (b *Bucket) transport(conns int, tlsConfig *tls.Config) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: min(b.Timeout, 5*time.Second), KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:       tlsConfig,
		TLSHandshakeTimeout:   b.Timeout,
		ResponseHeaderTimeout: b.Timeout,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       time.Minute,
		MaxConnsPerHost:       conns,
		MaxIdleConnsPerHost:   conns,
		MaxIdleConns:          conns,
		WriteBufferSize:       64 << 10,
		ReadBufferSize:        64 << 10,
		// Media does not compress, and an object must come back as it was put.
		DisableCompression: true,
	}
}

func (b *Bucket) client(endpoint *url.URL, transport *http.Transport) (*minio.Client, error) {
	region := b.Region
	if region == "" {
		region = s3utils.GetRegionFromURL(*endpoint)
	}
	if region == "" && !s3utils.IsAmazonEndpoint(*endpoint) {
		// Else minio-go asks for it with each new client.
		region = "us-east-1"
	}
	lookup := minio.BucketLookupPath
	if b.VirtualHost {
		lookup = minio.BucketLookupDNS
	}
	return minio.New(endpoint.Host, &minio.Options{
		Creds:        credentials.NewStaticV4(b.AccessKey, b.SecretKey, ""),
		Secure:       endpoint.Scheme == "https",
		Transport:    transport,
		Region:       region,
		BucketLookup: lookup,
		MaxRetries:   b.Tries,
		// A CRC-32C behind each body: what arrives is checked, and sending a segment takes half the work it takes with a
		// signature over every 64 KiB, which is what the library sends over plain HTTP otherwise.
		TrailingHeaders: true,
	})
}

func (b *Bucket) key(name string) string {
	if b.Prefix == "" {
		return name
	}
	return b.Prefix + "/" + name
}

// begin is what every operation does first.
func (b *Bucket) begin(ctx context.Context, doing, name string) (*watchdog, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	if err := b.Prepare(ctx); err != nil {
		return nil, fmt.Errorf("%s %s: %w", doing, name, err)
	}
	return watch(ctx, b.Timeout), nil
}
