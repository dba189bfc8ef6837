package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsathena"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
)

// scanned is how much one query may read: 100 GiB, as shared/store/athena has it. A person's mistake then costs half a dollar.
const scanned = 100 << 30

// newCatalog makes what searches in the archive need: the tables, one a kind of record, and the workgroup that queries run in.
func newCatalog(s awscdk.Stack, p *place, pipe *pipeline) error {
	database := awsglue.NewCfnDatabase(s, jsii.String("Database"), &awsglue.CfnDatabaseProps{
		CatalogId: jsii.String(p.Account),
		DatabaseInput: &awsglue.CfnDatabase_DatabaseInputProperty{
			Name: jsii.String(p.database()), Description: jsii.String("Records of traffic, one table a kind"), LocationUri: jsii.String("s3://" + pipe.Archive + "/" + records),
		},
	})
	pipe.Database = *database.Ref()
	for _, kind := range events.Kinds() {
		if err := newKindTable(s, p, pipe, kind); err != nil {
			return err
		}
	}
	workgroup := awsathena.NewCfnWorkGroup(s, jsii.String("Workgroup"), &awsathena.CfnWorkGroupProps{
		Name: jsii.String(p.Name()), Description: jsii.String("Searches in records of traffic"), State: jsii.String("ENABLED"),
		RecursiveDeleteOption: jsii.Bool(true), // a workgroup that was ever used cannot be deleted otherwise
		WorkGroupConfiguration: &awsathena.CfnWorkGroup_WorkGroupConfigurationProperty{
			EnforceWorkGroupConfiguration: jsii.Bool(true), // whoever asks cannot have results elsewhere, or unencrypted
			BytesScannedCutoffPerQuery:    jsii.Number(scanned), PublishCloudWatchMetricsEnabled: jsii.Bool(true),
			EngineVersion: &awsathena.CfnWorkGroup_EngineVersionProperty{SelectedEngineVersion: jsii.String("Athena engine version 3")},
			ResultConfiguration: &awsathena.CfnWorkGroup_ResultConfigurationProperty{
				OutputLocation: jsii.String("s3://" + pipe.Archive + "/" + results), ExpectedBucketOwner: jsii.String(p.Account),
				EncryptionConfiguration: &awsathena.CfnWorkGroup_EncryptionConfigurationProperty{EncryptionOption: jsii.String("SSE_KMS"), KmsKey: pipe.Key.KeyArn()},
			},
		},
	})
	pipe.Workgroup = *workgroup.Ref()
	return nil
}

// newKindTable makes the table of one kind, as archive.DDL writes it: a test holds both together.
func newKindTable(s awscdk.Stack, p *place, pipe *pipeline, kind events.Kind) error {
	columns, err := archive.Columns(kind)
	if err != nil {
		return fmt.Errorf("make table: %w", err)
	}
	var list []any
	for _, c := range columns {
		list = append(list, &awsglue.CfnTable_ColumnProperty{Name: jsii.String(c.Name), Type: jsii.String(c.Type), Comment: jsii.String(c.Note)})
	}
	location := "s3://" + pipe.Archive + "/" + records + "kind=" + string(kind) + "/"
	awsglue.NewCfnTable(s, jsii.String("Records-"+string(kind)), &awsglue.CfnTableProps{
		CatalogId: jsii.String(p.Account), DatabaseName: jsii.String(pipe.Database),
		TableInput: &awsglue.CfnTable_TableInputProperty{
			Name: jsii.String(string(kind)), TableType: jsii.String("EXTERNAL_TABLE"), Parameters: projection(location),
			PartitionKeys: &[]any{
				&awsglue.CfnTable_ColumnProperty{Name: jsii.String("date"), Type: jsii.String("string")},
				&awsglue.CfnTable_ColumnProperty{Name: jsii.String("hour"), Type: jsii.String("string")},
			},
			StorageDescriptor: &awsglue.CfnTable_StorageDescriptorProperty{
				Columns: &list, Location: jsii.String(location),
				InputFormat:  jsii.String("org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"),
				OutputFormat: jsii.String("org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"),
				SerdeInfo: &awsglue.CfnTable_SerdeInfoProperty{
					SerializationLibrary: jsii.String("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"), Parameters: map[string]string{"serialization.format": "1"},
				},
			},
		},
	})
	return nil
}

// projection has Athena reckon from a query which folders to read, so that nobody has to tell it of partitions.
func projection(location string) map[string]string {
	return map[string]string{
		"EXTERNAL": "TRUE", "classification": "parquet", "parquet.compression": "ZSTD", "projection.enabled": "true",
		"projection.date.type": "date", "projection.date.format": "yyyy-MM-dd", "projection.date.range": "2020-01-01,NOW+1DAY",
		"projection.date.interval": "1", "projection.date.interval.unit": "DAYS",
		"projection.hour.type": "integer", "projection.hour.range": "0,23", "projection.hour.digits": "2",
		"storage.location.template": location + "date=${date}/hour=${hour}/",
	}
}
