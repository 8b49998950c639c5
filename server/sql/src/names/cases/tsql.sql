-- A schema of T-SQL, then statements in which nothing is wrong, with empty lines between.

CREATE TABLE [dbo].[Items] (Id int IDENTITY(1,1), Name nvarchar(50), Qty int, Parent int);
CREATE TABLE [dbo].[Logs] (Id int, Msg nvarchar(max));

INSERT dbo.Logs (Id, Msg) SELECT 1, N'a'
SELECT Name, Qty FROM dbo.Items

WITH t AS (SELECT Id AS x FROM dbo.Items) SELECT x FROM t
DELETE FROM dbo.Items WHERE Qty < 0

WITH t AS (SELECT Id AS x FROM dbo.Items) UPDATE i SET Qty = x FROM dbo.Items i JOIN t ON t.x = i.Id
DELETE TOP (10) FROM dbo.Items WHERE Qty < 0

UPDATE l SET Msg = i.Name FROM dbo.Logs l JOIN dbo.Items i ON i.Id = l.Id
DELETE dbo.Items WHERE Qty = 1
SELECT Parent FROM dbo.Items

SELECT i.Name, i.Qty FROM dbo.Items i UNION ALL SELECT Msg, Id FROM dbo.Logs ORDER BY i.Name, i.Qty
