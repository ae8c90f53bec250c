package config

import (
	"net"
	"path/filepath"
	"regexp"
	"strings"
)

// StorageKind says which object store keeps what was aired.
type StorageKind string

// The kinds of object store.
const (
	FolderStorage StorageKind = "folder"
	S3Storage     StorageKind = "s3"
)

func (*StorageKind) expected() string { return anyOf(string(FolderStorage), string(S3Storage)) }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *StorageKind) UnmarshalText(text []byte) error {
	return choose(k, k, text, FolderStorage, S3Storage)
}

// Sync says when the folder store asks the disk to have written what it was given.
type Sync string

// The sync policies.
const (
	SyncAlways Sync = "always" // before each object counts as stored
	SyncNever  Sync = "never"  // when the system sees fit; a power cut may take the last half minute
)

func (*Sync) expected() string { return anyOf(string(SyncAlways), string(SyncNever)) }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Sync) UnmarshalText(text []byte) error { return choose(s, s, text, SyncAlways, SyncNever) }

// Storage is where media, ledgers and indexes are kept.
type Storage struct {
	Kind   StorageKind `yaml:"kind"`
	Folder Folder      `yaml:"folder"`
	S3     S3          `yaml:"s3"`
	Spool  Spool       `yaml:"spool"`
	Cache  Cache       `yaml:"cache"`
}

// Folder is a store on a local disk.
type Folder struct {
	// Path defaults to "objects" in the data folder.
	Path string `yaml:"path"`
	Sync Sync   `yaml:"sync"`
}

// S3 is a MinIO or another S3 store.
type S3 struct {
	// Endpoint is host:port or host, without a scheme.
	Endpoint string `yaml:"endpoint"`
	Bucket   string `yaml:"bucket"`
	// Region is the bucket's. Empty is the one in an Amazon endpoint, else that of MinIO.
	Region string `yaml:"region"`
	// Prefix stands before every object's name, so that several stations can share a bucket.
	Prefix        string `yaml:"prefix"`
	AccessKey     string `yaml:"access_key"`
	SecretKey     Secret `yaml:"secret_key"`
	SecretKeyFile string `yaml:"secret_key_file"`
	// TLS speaks https to the endpoint.
	TLS bool `yaml:"tls"`
	// CA is a PEM file of authorities to trust beside the system's.
	CA string `yaml:"ca"`
	// PathStyle asks for http://host/bucket in place of http://bucket.host.
	PathStyle bool `yaml:"path_style"`
	// Timeout is how long the store may be silent.
	Timeout Duration `yaml:"timeout"`
	// Tries is how often a request is sent before it fails.
	Tries int `yaml:"tries"`
	// MaxReads and MaxWrites bound the connections.
	MaxReads  int `yaml:"max_reads"`
	MaxWrites int `yaml:"max_writes"`
	// PartSize is that of a part of a multipart upload, in bytes.
	PartSize Size `yaml:"part_size"`
}

// URL is the endpoint with its scheme.
func (s *S3) URL() string {
	if s.TLS {
		return "https://" + s.Endpoint
	}
	return "http://" + s.Endpoint
}

// Spool is the local disk that holds what could not be stored yet.
type Spool struct {
	// Path defaults to "spool" in the data folder.
	Path       string `yaml:"path"`
	Sync       Sync   `yaml:"sync"`
	MaxBytes   Size   `yaml:"max_bytes"`
	MaxObjects int    `yaml:"max_objects"`
}

// Cache is the memory that holds what viewers ask for most.
type Cache struct {
	MaxBytes Size `yaml:"max_bytes"`
	// MaxLoads bounds how many loads from the store run at once; others wait.
	MaxLoads int `yaml:"max_loads"`
	// LoadTimeout bounds one load.
	LoadTimeout Duration `yaml:"load_timeout"`
}

// bucketName is what every S3 store accepts, and nothing that would change the request's path.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// objectPrefix is the parts of a name that storage/object accepts, each followed by a slash or not.
var objectPrefix = regexp.MustCompile(`^[A-Za-z0-9._=-]{1,128}(/[A-Za-z0-9._=-]{1,128})*/?$`)

func (s *Storage) validate(v *validator) {
	v.sized("storage.spool.max_bytes", s.Spool.MaxBytes, 16*MiB, 1024*TiB)
	v.sized("storage.cache.max_bytes", s.Cache.MaxBytes, 16*MiB, 64*TiB)
	v.count("storage.spool.max_objects", s.Spool.MaxObjects, 100, 10_000_000)
	v.count("storage.cache.max_loads", s.Cache.MaxLoads, 1, 10_000)
	v.between("storage.cache.load_timeout", s.Cache.LoadTimeout, 1*second, 5*minute)
	v.between("storage.s3.timeout", s.S3.Timeout, 1*second, 10*minute)
	v.count("storage.s3.tries", s.S3.Tries, 1, 20)
	v.count("storage.s3.max_reads", s.S3.MaxReads, 1, 10_000)
	v.count("storage.s3.max_writes", s.S3.MaxWrites, 1, 10_000)
	v.sized("storage.s3.part_size", s.S3.PartSize, 5*MiB, 512*MiB)
	if s.S3.Prefix != "" && (!objectPrefix.MatchString(s.S3.Prefix) || strings.Contains(s.S3.Prefix, "..")) {
		v.mismatch("storage.s3.prefix", "a name such as podium or stations/east", s.S3.Prefix)
	}
	if s.Kind == S3Storage {
		s.S3.validate(v)
	}
}

func (s *S3) validate(v *validator) {
	const why = ", because storage.kind is s3"
	host := s.Endpoint
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	switch {
	case s.Endpoint == "":
		v.missing("storage.s3.endpoint", "a host such as minio.example.org:9000"+why)
	case host == "" || strings.ContainsAny(s.Endpoint, "/@? \t"):
		v.mismatch("storage.s3.endpoint", "host:port without a scheme, such as minio.example.org:9000", s.Endpoint)
	}
	switch {
	case s.Bucket == "":
		v.missing("storage.s3.bucket", "a bucket's name"+why)
	case !bucketName.MatchString(s.Bucket):
		v.mismatch("storage.s3.bucket", "3 to 63 of the characters a-z, 0-9, . and -", s.Bucket)
	}
	v.required("storage.s3.access_key", s.AccessKey, "an access key"+why)
	v.secret("storage.s3.secret_key", s.SecretKey, s.SecretKeyFile, 1, true)
}

// ObjectsDir is the folder of the folder store: the one that was set, or the default one in the data folder.
func (c *Config) ObjectsDir() string { return c.inData(c.Storage.Folder.Path, "objects") }

// SpoolDir is the spool's folder: the one that was set, or the default one in the data folder.
func (c *Config) SpoolDir() string { return c.inData(c.Storage.Spool.Path, "spool") }

func (c *Config) inData(path, name string) string {
	if path != "" {
		return path
	}
	return filepath.Join(c.DataDir, name)
}
