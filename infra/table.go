package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
)

// newTable makes the table of the store from its schema, which tests make it from as well. Its name and its id in the template never change: either
// would make CloudFormation put an empty table in its place.
func newTable(s awscdk.Stack, p *place, k awskms.IKey) awsdynamodb.CfnTable {
	schema := dynamo.Schema(p.Name())
	t := awsdynamodb.NewCfnTable(s, jsii.String("Table"), &awsdynamodb.CfnTableProps{
		TableName: schema.TableName, BillingMode: jsii.String(string(schema.BillingMode)),
		KeySchema: keysOf(schema.KeySchema), AttributeDefinitions: attributesOf(schema), GlobalSecondaryIndexes: indexesOf(schema),
		StreamSpecification:     &awsdynamodb.CfnTable_StreamSpecificationProperty{StreamViewType: jsii.String(string(schema.StreamSpecification.StreamViewType))},
		TimeToLiveSpecification: &awsdynamodb.CfnTable_TimeToLiveSpecificationProperty{AttributeName: jsii.String(dynamo.TTLAttribute), Enabled: jsii.Bool(true)},
		SseSpecification:        &awsdynamodb.CfnTable_SSESpecificationProperty{SseEnabled: jsii.Bool(true), SseType: jsii.String("KMS"), KmsMasterKeyId: k.KeyArn()},
		PointInTimeRecoverySpecification: &awsdynamodb.CfnTable_PointInTimeRecoverySpecificationProperty{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
		DeletionProtectionEnabled: jsii.Bool(p.Retain),
	})
	t.ApplyRemovalPolicy(p.removal(), nil)
	return t
}

func keysOf(keys []types.KeySchemaElement) *[]any {
	var out []any
	for _, k := range keys {
		out = append(out, &awsdynamodb.CfnTable_KeySchemaProperty{AttributeName: k.AttributeName, KeyType: jsii.String(string(k.KeyType))})
	}
	return &out
}

func attributesOf(schema *dynamodb.CreateTableInput) *[]any {
	var out []any
	for _, a := range schema.AttributeDefinitions {
		out = append(out, &awsdynamodb.CfnTable_AttributeDefinitionProperty{AttributeName: a.AttributeName, AttributeType: jsii.String(string(a.AttributeType))})
	}
	return &out
}

// indexesOf gives the secondary indexes. An update of a table may add or take away one of them at a time: who changes the schema deploys once for each.
func indexesOf(schema *dynamodb.CreateTableInput) *[]any {
	var out []any
	for _, x := range schema.GlobalSecondaryIndexes {
		out = append(out, &awsdynamodb.CfnTable_GlobalSecondaryIndexProperty{
			IndexName: x.IndexName, KeySchema: keysOf(x.KeySchema),
			Projection: &awsdynamodb.CfnTable_ProjectionProperty{
				ProjectionType: jsii.String(string(x.Projection.ProjectionType)), NonKeyAttributes: jsii.Strings(x.Projection.NonKeyAttributes...),
			},
		})
	}
	return &out
}
