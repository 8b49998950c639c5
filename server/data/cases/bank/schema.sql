USE [Bank]
GO
SET ANSI_NULLS ON
GO
CREATE SCHEMA [audit]
GO
/****** Object:  Table [dbo].[Customers] ******/
CREATE TABLE [dbo].[Customers](
	[CustomerId] [int] IDENTITY(1,1) NOT NULL,
	[Name] [nvarchar](100) NOT NULL,
	[Mail] [varchar](200) NULL,
	[Born] [date] NULL,
	[Balance] [money] NOT NULL CONSTRAINT [DF_Balance] DEFAULT ((0)),
	[Row Version] [rowversion] NOT NULL,
	[Key] [uniqueidentifier] ROWGUIDCOL NOT NULL DEFAULT (newsequentialid()),
	[Initial] AS (left([Name],(1))) PERSISTED,
 CONSTRAINT [PK_Customers] PRIMARY KEY CLUSTERED
(
	[CustomerId] ASC
)WITH (PAD_INDEX = OFF, STATISTICS_NORECOMPUTE = OFF) ON [PRIMARY],
 CONSTRAINT [UQ_Mail] UNIQUE NONCLUSTERED ([Mail] ASC)
) ON [PRIMARY] TEXTIMAGE_ON [PRIMARY]
GO
CREATE TABLE [dbo].[Accounts](
	[Number] [char](20) NOT NULL PRIMARY KEY,
	[CustomerId] [int] NOT NULL,
	[Kind] [varchar](10) NOT NULL CHECK ([Kind] IN ('giro', 'savings')),
	[Opened] [datetime2](7) NOT NULL DEFAULT (sysutcdatetime()),
	[Closed] [datetime] NULL
)
CREATE TABLE audit.Entries (
	Id bigint IDENTITY NOT NULL,
	Account char(20) NOT NULL REFERENCES dbo.Accounts (Number),
	Amount decimal(19,4) NOT NULL,
	Payload nvarchar(max),
	CONSTRAINT PK_Entries PRIMARY KEY (Id)
)
GO
ALTER TABLE [dbo].[Accounts]  WITH CHECK ADD  CONSTRAINT [FK_Customer] FOREIGN KEY([CustomerId])
REFERENCES [dbo].[Customers] ([CustomerId])
ON DELETE CASCADE
GO
ALTER TABLE [dbo].[Accounts] CHECK CONSTRAINT [FK_Customer]
GO
IF COL_LENGTH('dbo.Accounts', 'Currency') IS NULL
BEGIN
    ALTER TABLE dbo.Accounts ADD Currency char(3) NOT NULL CONSTRAINT DF_Currency DEFAULT ('EUR')
END
GO
CREATE NONCLUSTERED INDEX [IX_Entries] ON [audit].[Entries] ([Account] ASC, [Id] DESC) INCLUDE ([Amount]) WITH (ONLINE = OFF)
GO
EXEC sys.sp_addextendedproperty @name=N'MS_Description', @value=N'In whole cents' , @level0type=N'SCHEMA',@level0name=N'audit', @level1type=N'TABLE',@level1name=N'Entries', @level2type=N'COLUMN',@level2name=N'Amount'
GO
CREATE OR ALTER VIEW dbo.Rich AS
SELECT TOP (100) c.Name, Total = SUM(e.Amount)
FROM dbo.Customers c JOIN dbo.Accounts a ON a.CustomerId = c.CustomerId JOIN audit.Entries e ON e.Account = a.Number
GROUP BY c.Name
GO
CREATE PROCEDURE dbo.Rebuild AS
BEGIN
    DROP TABLE dbo.Cache;
    CREATE TABLE dbo.Cache (x int);
END
GO
