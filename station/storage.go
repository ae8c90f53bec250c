package station

import (
	"context"
	"fmt"
	"path/filepath"

	"podium.tv/podium/config"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

// openStorage opens the object store: a folder, or a bucket with a spool before it, and before either of them a
// holdover in memory, so that a full disk does not take a channel off the air.
func (s *Station) openStorage(ctx context.Context) error {
	c := s.Config
	metrics := object.NewMetrics(s.registry)
	var under object.Store
	if c.Storage.Kind == config.S3Storage {
		store, err := s.openBucket(ctx, metrics)
		if err != nil {
			return err
		}
		under = store
	} else {
		folder := &object.Folder{Root: c.ObjectsDir(), Sync: object.Sync(c.Storage.Folder.Sync)}
		if err := folder.Initialize(); err != nil {
			return fmt.Errorf("open object folder: %w", err)
		}
		s.closers = append(s.closers, func(context.Context) error { return folder.Close() })
		under = &object.Measured{Store: folder, Name: "folder", Metrics: metrics}
	}
	hold := &object.Holdover{Under: under, Limit: int64(c.Storage.Cache.MaxBytes) / 2, Metrics: metrics, Log: s.Log}
	hold.Initialize()
	s.closers = append(s.closers, hold.Close)
	s.store = hold
	s.hot = &object.Cache{
		Limit: int64(c.Storage.Cache.MaxBytes), MaxLoads: c.Storage.Cache.MaxLoads,
		Timeout: c.Storage.Cache.LoadTimeout.Std(), Metrics: metrics,
	}
	if err := s.hot.Initialize(); err != nil {
		return fmt.Errorf("make hot cache: %w", err)
	}
	s.hours = new(timeline.HourCache)
	s.refs = &timeline.References{Store: s.store}
	return nil
}

// openBucket opens the bucket with its spool, and what must be on the local disk as well.
func (s *Station) openBucket(ctx context.Context, metrics *object.Metrics) (object.Store, error) {
	bucket, err := s.bucket()
	if err != nil {
		return nil, err
	}
	spool := &object.Spool{
		Remote: &object.Measured{Store: bucket, Name: "s3", Metrics: metrics}, Folder: s.Config.SpoolDir(),
		Limit: int64(s.Config.Storage.Spool.MaxBytes), MaxObjects: s.Config.Storage.Spool.MaxObjects,
		Sync: object.Sync(s.Config.Storage.Spool.Sync), Metrics: metrics, Log: s.Log,
	}
	if err := spool.Initialize(); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	s.spool = spool
	s.closers = append(s.closers, spool.Close)
	return s.keepInits(ctx, spool)
}

// bucket opens the bucket alone.
func (s *Station) bucket() (*object.Bucket, error) {
	c := s.Config.Storage.S3
	scheme := "http://"
	if c.TLS {
		scheme = "https://"
	}
	bucket := &object.Bucket{
		Endpoint: scheme + c.Endpoint, Region: c.Region, Name: c.Bucket, Prefix: c.Prefix,
		AccessKey: c.AccessKey, SecretKey: c.SecretKey.Reveal(), VirtualHost: !c.PathStyle, CAFile: c.CA,
		Timeout: c.Timeout.Std(), Tries: c.Tries, MaxReads: c.MaxReads, MaxWrites: c.MaxWrites, PartSize: int64(c.PartSize),
		Log: s.Log,
	}
	if err := bucket.Initialize(); err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	s.closers = append(s.closers, func(context.Context) error { return bucket.Close() })
	return bucket, nil
}

// keepInits keeps the parameters of tracks on the local disk as well: without them, nothing that waits in the spool
// could be played by a station that starts while the bucket is away.
func (s *Station) keepInits(ctx context.Context, store object.Store) (object.Store, error) {
	local := &object.Folder{Root: filepath.Join(s.Config.DataDir, "inits")}
	if err := local.Initialize(); err != nil {
		return nil, fmt.Errorf("open folder of track parameters: %w", err)
	}
	s.closers = append(s.closers, func(context.Context) error { return local.Close() })
	keep := &object.Keep{Store: store, Local: local, Prefix: timeline.InitPrefix, Log: s.Log}
	if err := keep.Initialize(ctx); err != nil {
		return nil, fmt.Errorf("read folder of track parameters: %w", err)
	}
	return keep, nil
}

func (s *Station) journal(kind string, id config.ID) string {
	return filepath.Join(s.Config.DataDir, "journal", kind+"-"+string(id)+".log")
}
