package main

import (
	"context"
	"os/exec"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/infra/pack"
)

// nowhere is the bucket that templates name whose programs were not built: deploying one fails at once.
const nowhere = "mirrorwatch-was-not-built"

// code is where programs come from.
type code struct {
	ctx  context.Context
	root string // of the module
	out  string // where to build; "": templates are wanted, and nothing is built
}

// function gives the code of one program of Lambda, as the folder below lambdas/ is called.
func (c code) function(scope constructs.Construct, name string) (awslambda.Code, error) {
	if c.out == "" {
		bucket := awss3.Bucket_FromBucketName(scope, jsii.String("Code"), jsii.String(nowhere))
		return awslambda.Code_FromBucket(bucket, jsii.String(name+".zip"), nil), nil
	}
	for _, p := range pack.Functions() {
		if p.Name == name {
			folder, err := pack.Build(c.ctx, c.root, c.out, p)
			if err != nil {
				return nil, err
			}
			return awslambda.Code_FromAsset(jsii.String(folder), nil), nil
		}
	}
	panic("there is no program " + name) // a mistake of who wrote the stack
}

// binary is the sensor's program as an object of S3.
type binary struct {
	Bucket, Key string
	Asset       awss3assets.Asset // nil where nothing was built
}

// version gives what is deployed, as git describes it; "" where nothing is built or git does not know: templates must not change with each commit.
func (c code) version() string {
	if c.out == "" {
		return ""
	}
	line, err := exec.CommandContext(c.ctx, "git", "-C", c.root, "describe", "--always", "--tags", "--dirty").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(line))
}

// sensor gives the program of sensors, zipped.
func (c code) sensor(scope constructs.Construct, arm bool) (binary, error) {
	if c.out == "" {
		return binary{Bucket: nowhere, Key: "sensor.zip"}, nil
	}
	folder, err := pack.Build(c.ctx, c.root, c.out, pack.Sensor(arm))
	if err != nil {
		return binary{}, err
	}
	asset := awss3assets.NewAsset(scope, jsii.String("Program"), &awss3assets.AssetProps{Path: jsii.String(folder)})
	return binary{Bucket: *asset.S3BucketName(), Key: *asset.S3ObjectKey(), Asset: asset}, nil
}
