package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsecrassets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/infra/host"
	"github.com/mirrorwatch/mirrorwatch/infra/pack"
)

// nowhere is the bucket that templates name whose programs were not built: deploying one fails at once.
const nowhere = "mirrorwatch-was-not-built"

// code is where programs come from.
type code struct {
	ctx  context.Context
	root string // of the module
	out  string // where to build; "": templates are wanted, and nothing is built
	told func(program string)
}

// build builds a program, and tells whoever waits that it does: the first time takes minutes.
func (c code) build(p pack.Program) (string, error) {
	if c.told != nil {
		c.told(p.Name)
	}
	return pack.Build(c.ctx, c.root, c.out, p)
}

// function gives the code of one program of Lambda, as the folder below lambdas/ is called.
func (c code) function(scope constructs.Construct, name string) (awslambda.Code, error) {
	if c.out == "" {
		bucket := awss3.Bucket_FromBucketName(scope, jsii.String("Code"), jsii.String(nowhere))
		return awslambda.Code_FromBucket(bucket, jsii.String(name+".zip"), nil), nil
	}
	for _, p := range pack.Functions() {
		if p.Name == name {
			folder, err := c.build(p)
			if err != nil {
				return nil, err
			}
			return awslambda.Code_FromAsset(jsii.String(folder), nil), nil
		}
	}
	panic("there is no program " + name) // a mistake of who wrote the stack
}

// binary is the sensor's program as an object of S3, as it is: no archive.
type binary struct {
	Bucket, Key string
	SHA256      string            // in hex
	Asset       awss3assets.Asset // nil where nothing was built
}

// sensor gives the program of sensors on instances.
func (c code) sensor(scope constructs.Construct, arm bool) (binary, error) {
	if c.out == "" {
		return binary{Bucket: nowhere, Key: "sensor", SHA256: strings.Repeat("0", 64)}, nil
	}
	program, err := c.buildSensor(arm)
	if err != nil {
		return binary{}, err
	}
	raw, err := os.ReadFile(program)
	if err != nil {
		return binary{}, fmt.Errorf("read sensor: %w", err)
	}
	asset := awss3assets.NewAsset(scope, jsii.String("Program"), &awss3assets.AssetProps{Path: jsii.String(program)})
	return binary{Bucket: *asset.S3BucketName(), Key: *asset.S3ObjectKey(), SHA256: fmt.Sprintf("%x", sha256.Sum256(raw)), Asset: asset}, nil
}

// image is the sensor as an image of ECR.
type image struct{ URI, Repository string } // Repository is its ARN

// sensorImage gives the image of sensors on Fargate. Docker builds it when it is deployed: a template needs none.
func (c code) sensorImage(scope constructs.Construct, account, region string) (image, error) {
	if c.out == "" {
		return image{
			URI:        account + ".dkr.ecr." + region + ".amazonaws.com/" + nowhere + ":none",
			Repository: "arn:aws:ecr:" + region + ":" + account + ":repository/" + nowhere,
		}, nil
	}
	program, err := c.buildSensor(true)
	if err != nil {
		return image{}, err
	}
	folder := filepath.Join(filepath.Dir(filepath.Dir(program)), "image")
	if err := host.WriteImage(folder, program); err != nil {
		return image{}, err
	}
	asset := awsecrassets.NewDockerImageAsset(scope, jsii.String("Image"), &awsecrassets.DockerImageAssetProps{
		Directory: jsii.String(folder), Platform: awsecrassets.Platform_LINUX_ARM64(), AssetName: jsii.String("sensor"),
	})
	return image{URI: *asset.ImageUri(), Repository: *asset.Repository().RepositoryArn()}, nil
}

// buildSensor gives the path of the sensor's program.
func (c code) buildSensor(arm bool) (string, error) {
	p := pack.Sensor(arm)
	folder, err := c.build(p)
	if err != nil {
		return "", err
	}
	return filepath.Join(folder, p.Binary), nil
}
