// Command main is the bootstrap of lambdas/archive: it reads the environment, makes the client and hands the function to Lambda. It
// never does anything of its own.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mirrorwatch/mirrorwatch/lambdas/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	env, err := deploy.ArchiverFromEnv(os.Getenv)
	exitOn(log, err)
	conf, err := config.LoadDefaultConfig(context.Background())
	exitOn(log, err)
	f, err := archive.New(archive.Options{
		Bucket: archive.S3{Client: s3.NewFromConfig(conf), Name: env.Archive}, Name: env.Archive, Now: time.Now, Log: log, Metrics: os.Stdout,
	})
	exitOn(log, err)
	lambda.Start(f.Handle)
}

func exitOn(log *slog.Logger, err error) {
	if err != nil {
		log.Error("cannot start", "error", err)
		os.Exit(1)
	}
}
